// npm's `openid-client`, a certified relying party, against this server over TLS.
// What it is given: PLAN (JSON) with issuer, user and clients.  What it prints: one line of JSON.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.PACKAGES}/`);
const oidc = await import(pathToFileURL(require.resolve("openid-client")));
const plan = JSON.parse(process.env.PLAN);
const SCOPE = "openid profile email offline_access goals:read goals:write";

const failed = [];
let passed = 0;
let stage = "";

function check(name, holds, shown = "") {
  if (holds) passed += 1;
  else failed.push(`${stage}: ${name} ${shown}`);
}

async function refused(name, error, work) {
  try {
    await work();
    check(name, false, "was accepted");
  } catch (failure) {
    check(name, failure.error === error || failure.code === error, `${failure.error ?? failure}`);
  }
}

/** A browser that keeps cookies and fills in forms. */
class Browser {
  cookies = new Map();

  async ask(url, form) {
    const headers = { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const body = form && new URLSearchParams(form);
    const answer = await fetch(url, { method: form ? "POST" : "GET", headers, body, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.cookies.set(name, value);
    }
    return answer;
  }

  /** Go where *url* leads, log in and agree, and return the URL of the client that it ends at. */
  async follow(url, agree = "yes") {
    let answer = await this.ask(url);
    for (let steps = 0; steps < 8; steps += 1) {
      const place = answer.headers.get("location");
      if (place) {
        const next = new URL(place, plan.issuer);
        if (next.origin !== plan.issuer) return next;
        answer = await this.ask(next);
        continue;
      }
      const page = await answer.text();
      const action = /action="([^"]+)"/.exec(page);
      if (!action) throw new Error(`no form: ${page}`);
      const form = {};
      for (const [, name, value] of page.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g))
        form[name] = value;
      const ticked = [...page.matchAll(/name="(allow:[^"]+)"/g)];
      const typed = /name="user_code"[^>]* value="([^"]+)"/.exec(page);
      if (page.includes('name="password"')) Object.assign(form, plan.user);
      if (typed) form.user_code = typed[1];
      for (const [, name] of ticked) form[name] = "yes";
      if (ticked.length) form.answer = agree;
      answer = await this.ask(new URL(action[1], plan.issuer), form);
      if (action[1].includes("device") && form.answer) return null;
    }
    throw new Error("the browser goes in circles");
  }
}

const AUTHENTICATION = {
  none: () => oidc.None(),
  basic: (app) => oidc.ClientSecretBasic(app.secret),
  post: (app) => oidc.ClientSecretPost(app.secret),
  private_key_jwt: async (app) => {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const key = await crypto.subtle.importKey("jwk", app.jwk, algorithm, false, ["sign"]);
    return oidc.PrivateKeyJwt({ key, kid: app.jwk.kid });
  },
};

async function configured(app) {
  const authentication = await AUTHENTICATION[app.auth](app);
  return oidc.discovery(new URL(plan.issuer), app.id, undefined, authentication);
}

async function request(config, { push, DPoP, verifier, ...more }) {
  const parameters = {
    redirect_uri: plan.redirect,
    scope: SCOPE,
    state: oidc.randomState(),
    nonce: oidc.randomNonce(),
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...more,
  };
  if (DPoP && !push) parameters.dpop_jkt = await DPoP.calculateThumbprint();
  const url = push
    ? await oidc.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })
    : oidc.buildAuthorizationUrl(config, parameters);
  return { url, parameters };
}

async function walk(app, alg, push) {
  stage = `${app.auth} ${alg ?? "bearer"} ${push ? "pushed" : "plain"}`;
  const config = await configured(app);
  const browser = new Browser();
  const DPoP = alg && oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(alg));
  const verifier = oidc.randomPKCECodeVerifier();
  const { url, parameters } = await request(config, { push, DPoP, verifier, max_age: "600" });
  if (push) check("the browser carries a name only", url.searchParams.has("request_uri") && !url.searchParams.has("scope"));
  const callback = await browser.follow(url);
  check("the answer names its issuer", callback.searchParams.get("iss") === plan.issuer);
  const expected = { expectedState: parameters.state, expectedNonce: parameters.nonce, pkceCodeVerifier: verifier, idTokenExpected: true, maxAge: 600 };
  const tokens = await oidc.authorizationCodeGrant(config, callback, expected, undefined, { DPoP });
  check("the kind of token", tokens.token_type === (alg ? "dpop" : "bearer"), tokens.token_type);
  check("the scopes", tokens.scope === SCOPE, tokens.scope);
  const claims = tokens.claims();
  check("who it is", claims.sub === plan.sub);
  check("when they showed it", Number.isInteger(claims.auth_time));
  check("how strongly", claims.acr === "1" && claims.amr.includes("pwd"));

  const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
  check("their address", info.email === plan.user.email);
  const goals = new URL("/v1/goals", plan.issuer);
  const fetched = await oidc.fetchProtectedResource(config, tokens.access_token, goals, "GET", undefined, undefined, { DPoP });
  check("their goals", fetched.status === 200, fetched.status);
  if (alg) {
    const bare = await fetch(goals, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    check("a bound token without its key", bare.status === 401, bare.status);
    const stranger = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(alg));
    await refused("a refresh with another key", "invalid_grant", () => oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: stranger }));
  }

  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  check("another token", refreshed.access_token !== tokens.access_token);
  check("another refresh token", refreshed.refresh_token !== tokens.refresh_token);
  check("the same person", refreshed.claims().sub === claims.sub);
  const fewer = await oidc.refreshTokenGrant(config, refreshed.refresh_token, { scope: "openid goals:read" }, { DPoP });
  check("fewer scopes", fewer.scope === "openid goals:read", fewer.scope);
  await refused("more scopes", "invalid_scope", () => oidc.refreshTokenGrant(config, fewer.refresh_token, { scope: "openid habits:read" }, { DPoP }));

  if (app.auth !== "none") {
    const seen = await oidc.tokenIntrospection(config, fewer.access_token);
    check("a token that holds", seen.active && seen.client_id === app.id);
    check("its key", Boolean(seen.cnf) === Boolean(alg));
  }
  await oidc.tokenRevocation(config, fewer.refresh_token, { token_type_hint: "unheard_of" });
  if (app.auth !== "none") check("a token that was given back", !(await oidc.tokenIntrospection(config, fewer.access_token)).active);
  await refused("a refresh after it", "invalid_grant", () => oidc.refreshTokenGrant(config, fewer.refresh_token, undefined, { DPoP }));
  await refused("the code again", "invalid_grant", () => oidc.authorizationCodeGrant(config, callback, expected, undefined, { DPoP }));

  await negative(config, browser, { push, DPoP });
  const silent = await request(config, { push, DPoP, verifier, prompt: "none" });
  const back = await browser.follow(silent.url);
  check("what was agreed to is remembered", back.searchParams.has("code"), back);
  const leave = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: plan.goodbye, state: "bye" });
  const left = await browser.follow(leave);
  check("goodbye", left.href === `${plan.goodbye}?state=bye`, left.href);
  const again = await request(config, { push, DPoP, verifier, prompt: "none" });
  await answered(config, browser, again, "login_required");
}

async function answered(config, browser, { url, parameters }, error, agree = "yes") {
  const callback = await browser.follow(url, agree);
  check(`${error} names its issuer`, callback.searchParams.get("iss") === plan.issuer);
  const expected = { expectedState: parameters.state, expectedNonce: parameters.nonce, pkceCodeVerifier: "x".repeat(43) };
  await refused(error, error, () => oidc.authorizationCodeGrant(config, callback, expected));
}

async function negative(config, browser, { push, DPoP }) {
  const verifier = oidc.randomPKCECodeVerifier();
  const denied = await request(config, { push, DPoP, verifier, prompt: "consent" });
  await answered(config, browser, denied, "access_denied", "no");
  const foreign = { push, DPoP, verifier, scope: "openid admin:users" };
  if (push) await refused("a scope of others", "invalid_scope", () => request(config, foreign));
  else await answered(config, browser, await request(config, foreign), "invalid_scope");
  const { url, parameters } = await request(config, { push, DPoP, verifier, prompt: "consent" });
  const callback = await browser.follow(url);
  const expected = { expectedState: parameters.state, expectedNonce: parameters.nonce };
  const wrong = { ...expected, pkceCodeVerifier: oidc.randomPKCECodeVerifier() };
  await refused("another verifier", "invalid_grant", () => oidc.authorizationCodeGrant(config, callback, wrong, undefined, { DPoP }));
  const right = { ...expected, pkceCodeVerifier: verifier };
  await refused("the right one after it", "invalid_grant", () => oidc.authorizationCodeGrant(config, callback, right, undefined, { DPoP }));
}

async function device(app, alg) {
  stage = `device ${app.auth} ${alg ?? "bearer"}`;
  const config = await configured(app);
  const DPoP = alg && oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(alg));
  const codes = await oidc.initiateDeviceAuthorization(config, { scope: SCOPE });
  check("where to go", codes.verification_uri === `${plan.issuer}/oauth/device`);
  const browser = new Browser();
  await browser.follow(codes.verification_uri_complete);
  const signal = AbortSignal.timeout(30_000);
  const tokens = await oidc.pollDeviceAuthorizationGrant(config, codes, undefined, { DPoP, signal });
  check("the kind of token", tokens.token_type === (alg ? "dpop" : "bearer"));
  check("who it is", tokens.claims().sub === plan.sub);
}

async function alone(app) {
  stage = `client credentials ${app.auth}`;
  const config = await configured(app);
  const tokens = await oidc.clientCredentialsGrant(config, { scope: "goals:read", resource: `${plan.issuer}/v1` });
  check("no refresh token", tokens.refresh_token === undefined);
  check("the scope", tokens.scope === "goals:read");
  check("it holds", (await oidc.tokenIntrospection(config, tokens.access_token)).active);
  await refused("another resource", "invalid_target", () => oidc.clientCredentialsGrant(config, { scope: "goals:read", resource: "https://example.org" }));
}

for (const app of plan.apps) {
  for (const alg of [undefined, "ES256", "Ed25519"]) {
    for (const push of [false, true]) {
      try {
        await walk(app, alg, push);
      } catch (failure) {
        failed.push(`${stage}: ${failure.stack} ${JSON.stringify(failure.cause ?? "")}`);
      }
    }
  }
}
await Promise.all(plan.apps.map((app) => (app.auth === "none" ? null : alone(app).catch((failure) => failed.push(`${stage}: ${failure.stack}`)))));
for (const [app, alg] of [[plan.apps[0], undefined], [plan.apps[1], "ES256"]])
  await device(app, alg).catch((failure) => failed.push(`${stage}: ${failure.stack}`));
console.log(JSON.stringify({ passed, failed }));
