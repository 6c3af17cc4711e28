"use strict";
// The block of this browser shows itself where pushes can come; all else works without.
const block = document.getElementById("this-browser");
const { key, worker } = block.dataset;
const registered = JSON.parse(block.dataset.registered);
const form = block.querySelector("form");
const button = form.querySelector("button");
const state = block.querySelector("[role=status]");
const alert = block.querySelector("[role=alert]");
const PATIENCE_MS = 20_000; // a push service that cannot be reached may never answer

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const bytes = (encoded) =>
  Uint8Array.from(atob(encoded.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const within = (promise) => Promise.race([
  promise,
  new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), PATIENCE_MS)),
]);

async function subscribed() {
  const registration = await navigator.serviceWorker.getRegistration(worker);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

const isOurs = (subscription) => text(subscription.options.applicationServerKey ?? []) === key;

// The id of the device that the server knows by *subscription*, in this login.
async function device(subscription) {
  const endpoint = new TextEncoder().encode(subscription.endpoint);
  return registered[text(await crypto.subtle.digest("SHA-256", endpoint))];
}

function active(registration) {
  const coming = registration.installing ?? registration.waiting;
  if (registration.active || !coming) return registration;
  return new Promise((resolve, reject) => coming.addEventListener("statechange", () => {
    if (coming.state === "activated") resolve(registration);
    if (coming.state === "redundant") reject(new Error("not installed"));
  }));
}

function submit(fields) {
  for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
  form.submit();
}

async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") return show();
  state.textContent = "Turning on…";
  const registration = await active(await navigator.serviceWorker.register(worker));
  const former = await registration.pushManager.getSubscription();
  if (former && !isOurs(former)) await former.unsubscribe();
  const subscription = await within(registration.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: bytes(key),
  }));
  const { endpoint, keys } = subscription.toJSON();
  submit({ endpoint, p256dh: keys.p256dh, auth: keys.auth });
}

async function turnOff(subscription, remove) {
  await subscription.unsubscribe();
  submit({ remove });
}

async function show() {
  const subscription = await subscribed();
  const remove = subscription && isOurs(subscription) && (await device(subscription));
  const isBlocked = Notification.permission === "denied";
  const isOn = !isBlocked && Boolean(remove);
  block.hidden = false;
  button.hidden = isBlocked;
  button.textContent = isOn ? "Turn off" : "Turn on";
  button.onclick = () => act(() => (isOn ? turnOff(subscription, remove) : turnOn()));
  state.textContent = isBlocked
    ? "Blocked: this browser is told to show no notifications of this site. "
      + "Allow them in its settings for the site, and load this page again."
    : `${isOn ? "On" : "Off"} in this browser.`;
}

async function act(work) {
  alert.textContent = "";
  button.disabled = true;
  try {
    await work();
  } catch {
    alert.textContent = "This browser could not do that: it may not reach its push service. "
      + "Try again later.";
    await show();
  } finally {
    button.disabled = false;
  }
}

if (window.PushManager && window.Notification && navigator.serviceWorker) show();
