"""What mail services tell by HTTP of mail that was submitted to them."""
