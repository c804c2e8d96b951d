"""The sending queue: what it promises, held against real files and crashes."""
