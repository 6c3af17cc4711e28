"""Which URLs our own requests may go to, and which addresses are of the public internet."""

import ipaddress
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upcoach.node.process.outbound_guard import RefusedTarget, check_url, is_public

GOOD: Final = (
    "https://hooks.example.com/",
    "https://hooks.example.com",
    "https://hooks.example.com:443/a/b?c=d&e=%20",
    "https://xn--bcher-kva.example/",
    "https://1.2.3.4.example.com/",
    "https://0x7f.example.com/",
    "https://my_hooks.example.com/",
    "https://1.1.1.1/",
    "https://[2606:4700:4700::1111]/",
    "https://[64:ff9b::101:101]/",
)

BAD: Final = (
    # no https, or of another port
    "",
    "/",
    "hooks.example.com",
    "//hooks.example.com/",
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "javascript:alert(1)",
    "data:,x",
    "https://hooks.example.com:8443/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:443x/",
    "https://",
    "https:///etc",
    "https://?x",
    # what readers of URLs read in different ways
    "https://user@hooks.example.com/",
    "https://user:password@hooks.example.com/",
    "https://@hooks.example.com/",
    "https://1.1.1.1@127.0.0.1/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com#@127.0.0.1/",
    "https://hooks.example.com/#part",
    "https://hooks.example.com\t/",
    "https://hooks.example.com/\r\nHost: 127.0.0.1",
    " https://hooks.example.com/",
    "https://hooks.example.com/ x",
    "https://hooks.example.com/\x00",
    "https://127%2e0.0.1/",
    "https://hooks.example.com%00.evil/",
    "https://" + "a" * 64 + ".example.com/",
    "https://" + "a." * 130 + "example/",
    "https://hooks.example.com/" + "x" * 2_048,
    # names of this machine, and of its network
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://app.localhost/",
    "https://mongodb/",
    "https://hooks.example.com./",
    "https://.example.com/",
    "https://hooks..example.com/",
    "https://-hooks.example.com/",
    # other letters that become these
    "https://bücher.example/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://127。0。0。1/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://hooks.example\u200b.com/",
    # addresses in other forms
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://127.000.000.001/",
    "https://256.256.256.256/",
    "https://1.2.3.4.5/",
    "https://example.0x7f/",
    "https://example.1/",
    "https://0/",
    "https://0x/",
    # addresses that are nobody's but ours
    "https://127.0.0.1/",
    "https://127.9.9.9/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:1.1.1.1]/",
    "https://[::127.0.0.1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::1]/",
    "https://[2606:4700::5efe:127.0.0.1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[2606:4700:4700::1111%25eth0]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[::1",
    "https://[v1.x]/",
    "https://[1.1.1.1]x/",
)


@pytest.mark.parametrize("url", GOOD)
def test_a_url_of_the_internet_is_taken(url: str) -> None:
    check_url(url, loopback=False)


@pytest.mark.parametrize("url", BAD)
def test_any_other_is_refused(url: str) -> None:
    with pytest.raises(RefusedTarget):
        check_url(url, loopback=False)


def test_a_developer_reaches_this_machine_and_no_other() -> None:
    for url in ("http://127.0.0.1:9999/x", "http://localhost:80", "http://[::1]:8/"):
        check_url(url, loopback=True)
    for url in BAD:
        host = url.lower()
        if not any(near in host for near in ("//localhost/", "//127.0.0.1/", "//[::1]/")):
            with pytest.raises(RefusedTarget):
                check_url(url, loopback=True)


@given(st.integers(0, 2**32 - 1))
def test_no_other_way_to_write_an_address_makes_it_public(number: int) -> None:
    address = ipaddress.IPv4Address(number)
    wrapped = {
        "mapped": f"::ffff:{address}",
        "compatible": f"::{address}",
        "6to4": str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1)),
        "teredo": str(ipaddress.IPv6Address((0x20010000 << 96) | (number << 64) | 1)),
        "isatap": str(ipaddress.IPv6Address((0x26064700 << 96) | (0x5EFE << 32) | number)),
    }

    judged = {name: is_public(ipaddress.ip_address(text)) for name, text in wrapped.items()}

    assert judged == dict.fromkeys(wrapped, False)
    assert is_public(ipaddress.ip_address(f"64:ff9b::{address}")) == is_public(address)
    assert not is_public(address) or address.is_global
