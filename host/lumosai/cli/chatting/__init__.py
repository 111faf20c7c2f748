"""``lumos chat``: the conversation, and the two surfaces it takes place on."""
