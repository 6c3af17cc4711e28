"use strict";
// The form of a passkey shows itself where the browser knows passkeys; all else works without.
const form = document.getElementById("passkey");
const [button, alert] = [form.querySelector("button"), form.querySelector("[role=alert]")];

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function make({ challenge, user, excludeCredentials = [], ...options }) {
  const known = excludeCredentials.map((one) => ({ ...one, id: bytes(one.id) }));
  const publicKey = {
    ...options, challenge: bytes(challenge), user: { ...user, id: bytes(user.id) },
    excludeCredentials: known,
  };
  const { id, response } = await navigator.credentials.create({ publicKey });
  return {
    id,
    type: "public-key",
    response: {
      attestationObject: text(response.attestationObject),
      clientDataJSON: text(response.clientDataJSON),
    },
  };
}

async function show({ challenge, rpId, userVerification, timeout, allowCredentials = [] }) {
  const known = allowCredentials.map((one) => ({ type: one.type, id: bytes(one.id) }));
  const publicKey = {
    challenge: bytes(challenge), rpId, userVerification, timeout, allowCredentials: known,
  };
  const { id, response } = await navigator.credentials.get({ publicKey });
  return {
    id,
    type: "public-key",
    response: {
      authenticatorData: text(response.authenticatorData),
      clientDataJSON: text(response.clientDataJSON),
      signature: text(response.signature),
      userHandle: response.userHandle && text(response.userHandle),
    },
  };
}

async function ask() {
  const options = JSON.parse(form.dataset.options);
  const shown = await (form.dataset.makes ? make(options) : show(options));
  form.elements.passkey.value = JSON.stringify(shown);
  form.submit();
}

if (window.PublicKeyCredential) {
  form.hidden = false;
  button.addEventListener("click", () => ask().catch(() => {
    alert.textContent = "No passkey was used. Try again, or choose another way to log in.";
  }));
}
