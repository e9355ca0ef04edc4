"""What a terminal shows. Pure: bytes in, bytes and events out."""
