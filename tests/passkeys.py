"""An authenticator in software: makes real credentials and signs real challenges (WebAuthn 2)."""

import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG


class Authenticator:
    """A device with one key pair, whose owner is present and verified."""

    def __init__(self, origin: str = "https://testserver") -> None:
        self.origin = origin
        self.host = origin.partition("://")[2].partition(":")[0]
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.user_handle = ""
        self.counter = 0

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.create` gives for these options, as JSON."""
        asked = options["publicKey"]
        self.user_handle = asked["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        data = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        client_data = self._client_data("webauthn.create", asked)
        statement = AttestationObject.create("none", self._data(data), {})
        return self._answer(
            {
                "clientDataJSON": websafe_encode(client_data),
                "attestationObject": websafe_encode(statement),
            },
            {"credProps": {"rk": True}},
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.get` gives for these options, as JSON."""
        client_data = self._client_data("webauthn.get", options["publicKey"])
        data = self._data()
        signature = self.key.sign(data + sha256(client_data), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": websafe_encode(client_data),
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(signature),
                "userHandle": self.user_handle,
            },
            {},
        )

    def _client_data(self, kind: str, asked: dict[str, Any]) -> bytes:
        challenge = websafe_decode(asked["challenge"])
        data: bytes = CollectedClientData.create(kind, challenge, self.origin)
        return data

    def _data(self, credential: AttestedCredentialData | None = None) -> AuthenticatorData:
        self.counter += 1
        flags = FLAG.UP | FLAG.UV | (FLAG.AT if credential else FLAG(0))
        host = sha256(self.host.encode())
        data: AuthenticatorData = AuthenticatorData.create(
            host, flags, self.counter, credential or b""
        )
        return data

    def _answer(self, response: dict[str, str], extensions: dict[str, Any]) -> dict[str, Any]:
        encoded = websafe_encode(self.id)
        return {
            "id": encoded,
            "rawId": encoded,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": extensions,
            "response": response,
        }
