"""What crosses a boundary, as msgspec Structs. Imports nothing of ours."""
