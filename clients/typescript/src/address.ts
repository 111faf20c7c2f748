/** Where the service is, and what it knows the caller by. */
export interface Address {
  baseUrl: string;
  apiKey?: string;
  /** Send a key to another machine in the clear. */
  insecure?: boolean;
}

/** Return the address without a slash at its end. Throws for one, or for a key, that cannot be used; repeats neither. */
export function checked({ baseUrl, apiKey, insecure }: Address): string {
  const url = parsed(baseUrl);
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new TypeError("baseUrl is http://… or https://…, without a name, password, query or fragment");
  }
  const address = baseUrl.replace(/\/+$/, "");
  if (apiKey === undefined) return address;
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new TypeError("apiKey is printable ASCII without spaces");
  if (url.protocol === "http:" && insecure !== true && !isLocal(url.hostname)) {
    throw new TypeError("a key goes over https://, or to this machine; insecure: true sends it in the clear");
  }
  return address;
}

function isLocal(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

function parsed(baseUrl: string): URL | undefined {
  try {
    return new URL(baseUrl);
  } catch {
    return undefined;
  }
}
