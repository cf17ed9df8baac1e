"""The statements the hub sends by itself, a file each: how they run, and which tables each room of the code names."""
