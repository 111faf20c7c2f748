"""Which of several models is asked, and which one next when it fails: for agents and for direct use alike."""
