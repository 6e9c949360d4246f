"""The broker over TLS, with a certificate authority of our own."""

import datetime
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from schemas.events import IssueChanged
from tests.support.broker import Broker

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow]


def write_certificates(folder: Path) -> None:
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    ca = (
        x509.CertificateBuilder(issuer, issuer, ca_key.public_key())
        .serial_number(1)
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(issuer, subject, key.public_key())
        .serial_number(2)
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    )


async def test_events_travel_over_tls_and_an_unknown_authority_is_refused(tmp_path, open_on, inbox):
    write_certificates(tmp_path)
    with Broker(tls=tmp_path) as broker:
        trusted = f"{broker.tls_url}?cafile={tmp_path}/ca.pem"
        async with open_on(trusted, publish_timeout=10) as bus, bus.consume(inbox, concurrency=1):
            assert await bus.check() == ""
            await bus.publish(IssueChanged(connector="jira", issue="DEMO-1"))
            await inbox.until({"DEMO-1"})
        async with open_on(broker.tls_url) as bus:
            assert "certificate" in await bus.check()
