/*
 * Passkeys: a form marked data-passkey asks the browser's authenticator before it is sent.
 *
 *   data-passkey="create" | "get"   make a new key, or prove that one has one
 *   data-options="<id>"             the <script type="application/json"> with the server's question
 *   data-options-url="<address>"    or where to fetch it, at the press of the button
 *
 * Inside are input[name=credential], a [data-passkey-error] and, for "create", an optional
 * input[name=passwordless].
 */
const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withBytes = (keys) => keys?.map((key) => ({ ...key, id: toBytes(key.id) }));

async function question(form) {
  if (!form.dataset.optionsUrl) {
    const data = JSON.parse(document.getElementById(form.dataset.options).textContent);
    return (data.creation_options ?? data.request_options).publicKey;
  }
  const response = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(response.status === 429 ? "That was too often. Try again in a minute." : "The server did not answer. Try again.");
  return (await response.json()).request_options.publicKey;
}

async function create(form) {
  const options = await question(form);
  const alone = form.elements.passwordless?.checked ?? false;
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: withBytes(options.excludeCredentials),
      authenticatorSelection: {
        ...options.authenticatorSelection,
        residentKey: alone ? "required" : "discouraged",
        requireResidentKey: alone,
        ...(alone && { userVerification: "required" }),
      },
    },
  });
  const { clientDataJSON, attestationObject } = credential.response;
  return answer(credential, {
    clientDataJSON: toText(clientDataJSON),
    attestationObject: toText(attestationObject),
    transports: credential.response.getTransports?.() ?? [],
  });
}

async function get(form) {
  const options = await question(form);
  const credential = await navigator.credentials.get({
    publicKey: { ...options, challenge: toBytes(options.challenge), allowCredentials: withBytes(options.allowCredentials) },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  return answer(credential, {
    clientDataJSON: toText(clientDataJSON),
    authenticatorData: toText(authenticatorData),
    signature: toText(signature),
    userHandle: userHandle && toText(userHandle),
  });
}

function answer(credential, response) {
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}

function reason(error) {
  if (error.name === "NotAllowedError") return "Nothing came from your device, or it took too long. Try again.";
  if (error.name === "InvalidStateError") return "This device has a passkey for your account already.";
  if (error.name === "SecurityError") return "Passkeys work only under this site's own name. On this machine that is localhost, not a number.";
  if (error.name === "ConstraintError" || error.name === "NotSupportedError") return "This device cannot do that. Try another one.";
  return error.message;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) break;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if ("sending" in form.dataset) return;
    const button = event.submitter;
    const said = form.querySelector("[data-passkey-error]");
    said.hidden = true;
    form.dataset.sending = "";
    button?.classList.add("is-sending");
    try {
      form.elements.credential.value = await (form.dataset.passkey === "create" ? create : get)(form);
      form.submit();
    } catch (error) {
      said.querySelector("[data-words]").textContent = reason(error);
      said.hidden = false;
      delete form.dataset.sending;
      button?.classList.remove("is-sending");
    }
  });
}
