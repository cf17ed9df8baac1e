"""Files of records as they come: unpacked, cut into lines, read as tables; pure functions over streams of bytes."""
