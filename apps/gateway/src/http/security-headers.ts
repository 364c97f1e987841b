/** On every answer: this is an API, so a browser may do nothing with it. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** Beside them where we speak TLS ourselves. */
export const TRANSPORT_SECURITY: Readonly<Record<string, string>> = { "strict-transport-security": "max-age=31536000" };
