from service.config.lines import key_lines


def test_sections_dotted_keys_and_text_that_only_looks_like_keys() -> None:
    text = '''# a = 1
top = 1
bus.url = "x"
[node]
name = """
[log]
format = "no key, but text"
"""
"public_url" = 'y'

[ listen ]
  address = "z"  # [peers]
'''
    assert key_lines(text) == {
        "top": 2,
        "bus.url": 3,
        "node": 4,
        "node.name": 5,
        "node.public_url": 9,
        "listen": 11,
        "listen.address": 12,
    }
