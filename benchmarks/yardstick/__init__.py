"""The yardstick: an ordinary Django REST framework project that stores customers the way most of them do."""
