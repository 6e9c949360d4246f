import ssl
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.http import Call, HttpSettings, TrackerHttp, tls_context
from schemas.errors import ConfigurationError, Fault, TrackerError


@pytest.fixture
def certificate(tmp_path):
    """Paths of a certificate of one's own for localhost, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    paths = (tmp_path / "cert.pem", tmp_path / "key.pem")
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture
async def secure_url(certificate):
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"[]")

    app = web.Application()
    app.router.add_get("/it", answer)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "localhost", 0, ssl_context=context).start()
    yield f"https://localhost:{runner.addresses[0][1]}"
    await runner.cleanup()


async def asked(url, context, clock, dialect) -> bytes:
    connector = aiohttp.TCPConnector(ssl=context or True)
    async with aiohttp.ClientSession(connector=connector) as session:
        settings = HttpSettings(connector="c", title="Plain", base=url, tries=1)
        http = TrackerHttp(settings, dialect, session, clock, clock.pause)
        return (await http.send(Call(what="read it", path="/it"))).body


@pytest.mark.parametrize("as_text", [True, False])
async def test_a_private_authority_is_trusted_when_set(
    secure_url, certificate, clock, dialect, as_text
) -> None:
    authority = certificate[0].read_text() if as_text else str(certificate[0])
    context = tls_context({"url": "x", "tls_ca": authority})
    assert await asked(secure_url, context, clock, dialect) == b"[]"


async def test_it_is_refused_when_not_set(secure_url, clock, dialect) -> None:
    with pytest.raises(TrackerError) as raised:
        await asked(secure_url, tls_context({}), clock, dialect)
    assert raised.value.fault is Fault.UNAVAILABLE
    assert "tls_ca" in raised.value.remedy


def test_checking_cannot_be_switched_off(certificate) -> None:
    context = tls_context({"tls_ca": str(certificate[0])})
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_nothing_set_means_the_usual(certificate) -> None:
    assert tls_context({"url": "https://x"}) is None
    both = {"tls_certificate": str(certificate[0]), "tls_key": str(certificate[1])}
    assert tls_context(both) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"tls_ca": "/does/not/exist"},
        {"tls_ca": "-----BEGIN CERTIFICATE-----\nnonsense"},
        {"tls_ca": 5},
        {"tls_certificate": "/x"},
        {"tls_key": "/x"},
        {"tls_certificate": "/x", "tls_key": "/y"},
    ],
)
def test_a_wrong_setting_is_named(wrong) -> None:
    with pytest.raises(ConfigurationError) as raised:
        tls_context(wrong)
    assert "tls_" in raised.value.message
