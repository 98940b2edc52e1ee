"""Generated images in chat-completion replies, in any format."""
