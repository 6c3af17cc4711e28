"use strict";
// The service worker of notifications: it shows what is pushed, and opens where that leads.
// It has no `fetch`, so no page of ours comes through it.  APP stands above, from the server, and
// NAME, which is the browser's.
const ACCOUNT = /^\/account(\/|$)/;

function texts(data) {
  let sent;
  try {
    sent = data.json();
  } catch {} // no data, or no JSON
  const text = (name) => (typeof sent?.[name] === "string" ? sent[name] : "");
  return { title: text("title"), body: text("body"), link: text("link"), topic: text("topic") };
}

// A browser takes a subscription away whose pushes show nothing, so something is always shown.
function show(data) {
  const { title, body, link, topic } = texts(data);
  return self.registration.showNotification(title || "UpCoach", {
    body: title ? body : "There is something new.",
    tag: topic || "upcoach",
    renotify: true, // what comes again, as after a snooze, is to be heard
    data: { link },
  });
}

// Into the app, and nowhere else; without one, our own pages are all that there is.
function place(link, app = APP) {
  const home = new URL(app ? "/" : "/account", app || self.location.origin);
  try {
    const url = new URL(link || home, home);
    if (url.origin === home.origin && (app || ACCOUNT.test(url.pathname))) return url.href;
  } catch {} // no URL
  return home.href;
}

async function open(notification) {
  notification.close();
  const url = place(notification.data?.link);
  const shown = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = shown.find((client) => client.url === url);
  await (there ? there.focus() : self.clients.openWindow(url));
}

async function ask(path, options = {}) {
  const answer = await fetch(path, { cache: "no-store", credentials: "same-origin", ...options });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

// By the cookie of whoever is logged in; without a login it waits for the page.
async function renew(subscription) {
  const { token } = await ask("/v1/auth/csrf");
  const { public_key: applicationServerKey } = await ask("/v1/push-devices/web-key");
  const { endpoint, keys } = (subscription ?? (await self.registration.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey,
  }))).toJSON();
  const { p256dh, auth } = keys;
  await ask("/v1/push-devices", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-UpCoach-CSRF": token },
    body: JSON.stringify({
      platform: "web", name: NAME, subscription: { endpoint, p256dh, auth },
    }),
  });
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("push", (event) => event.waitUntil(show(event.data)));
self.addEventListener("notificationclick", (event) => event.waitUntil(open(event.notification)));
self.addEventListener("pushsubscriptionchange", (event) =>
  event.waitUntil(renew(event.newSubscription).catch(() => {})));
