"""Every named point at which the product can be made to fail, and what is going on while it does."""
