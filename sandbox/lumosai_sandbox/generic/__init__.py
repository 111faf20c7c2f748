"""Components that nobody wrote for LumosAI: functions of plain values become tools, as they are."""
