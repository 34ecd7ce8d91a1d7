"""What readers' programs read: notes become HTML and text, issues become feeds."""
