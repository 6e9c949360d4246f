import pytest

from schemas.errors import ConfigurationError
from service.bus import open_bus


@pytest.mark.parametrize(
    "url",
    ["", "embedded", "embedded:x", "http://user:swordfish@host/", "amqp:", "amqp://u:swordfish@[/"],
)
def test_an_unknown_address_is_refused_without_repeating_it(url, tmp_path):
    with pytest.raises(ConfigurationError) as refused:
        open_bus(url, now=lambda: 0, random=lambda: 0.0, data_dir=tmp_path)
    assert "amqp://" in refused.value.remedy
    assert "swordfish" not in f"{refused.value!r}{refused.value.remedy}"
