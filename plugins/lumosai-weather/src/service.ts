// Asking the service, and checking what it answers: it is somebody else's.
import { type Host, LumosError } from "lumos";

export interface Settings {
  geocoding_url: string;
  forecast_url: string;
  language: string;
  units: "metric" | "imperial";
}

export interface Place {
  name: string;
  latitude: number;
  longitude: number;
}

type Query = { [name: string]: string | number };

/** Return the place somebody names, the best known of that name. Throws LumosError. */
export function found(host: Host, settings: Settings, name: string): Place {
  const wanted = name.trim();
  if (wanted.length < 2) throw new LumosError("invalid-input", "place must have at least two letters");
  const [town, ...rest] = wanted.split(",").map((part) => part.trim());
  const query = { name: town!, count: rest.length ? 10 : 1, language: settings.language, format: "json" };
  const answer = asked(host, settings.geocoding_url, "/v1/search", query);
  const results: any[] = Array.isArray(answer.results) ? answer.results : [];
  const best = results.find((r) => rest.every((part) => inside(r, part)));
  if (!best) {
    throw new LumosError("invalid-input", `there is no place called '${wanted.slice(0, 80)}'`, {
      hint: "name a town, in its own spelling or in English; its country may follow after a comma",
    });
  }
  const { latitude, longitude } = best;
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) throw odd(settings.geocoding_url);
  return { name: fullName(best), latitude, longitude };
}

/** Return the service's forecast for a place. Throws LumosError. */
export function forecast(host: Host, settings: Settings, place: Place, query: Query): any {
  const imperial = { temperature_unit: "fahrenheit", wind_speed_unit: "mph", precipitation_unit: "inch" };
  return asked(host, settings.forecast_url, "/v1/forecast", {
    latitude: place.latitude,
    longitude: place.longitude,
    timezone: "auto",
    ...(settings.units === "imperial" ? imperial : {}),
    ...query,
  });
}

/** Return an object's part of the service's answer. Throws LumosError where it is none. */
export function part(answer: any, name: string, base: string): any {
  const value = answer[name];
  if (typeof value !== "object" || value === null) throw odd(base);
  return value;
}

function asked(host: Host, base: string, path: string, query: Query): any {
  const parts = Object.entries(query).map(([k, v]) => `${k}=${encodeURIComponent(String(v).toWellFormed())}`);
  const response = host.http.fetch(`${base}${path}?${parts.join("&")}`, {
    headers: { accept: "application/json" },
    timeout: 10,
  });
  if (!response.ok) throw refused(base, response.status, response.headers, reason(response.text()));
  let answer: unknown;
  try {
    answer = response.json();
  } catch {
    throw odd(base);
  }
  if (typeof answer !== "object" || answer === null) throw odd(base);
  return answer;
}

function refused(base: string, status: number, headers: { [name: string]: string }, why: string): LumosError {
  const wait = Number.parseInt(headers["retry-after"] ?? "", 10);
  const retryAfter = Number.isFinite(wait) ? wait : 60;
  if (status === 429) return new LumosError("limit", `${base} takes no more requests for now`, { retryAfter });
  if (status >= 500) {
    return new LumosError("unavailable", `${base} is out of order for now (status ${status}); try again later`, { retryAfter });
  }
  return new LumosError("invalid-input", `${base} refused the request (status ${status})${why && `: ${why}`}`);
}

/** Return the reason that Open-Meteo gives with an error, as one short line. */
function reason(text: string): string {
  try {
    const told = JSON.parse(text).reason;
    return typeof told === "string" ? told.replace(/\s+/g, " ").slice(0, 200) : "";
  } catch {
    return "";
  }
}

function odd(base: string): LumosError {
  return new LumosError("unavailable", `${base} answers, but not as Open-Meteo does; see the plugin's settings`);
}

function inside(result: any, wanted: string): boolean {
  const names = [result.country, result.country_code, result.admin1, result.admin2, result.admin3];
  return names.some((n) => typeof n === "string" && n.toLowerCase() === wanted.toLowerCase());
}

function fullName(result: any): string {
  const names = [result.name, result.admin1, result.country].filter((n) => typeof n === "string" && n !== "");
  return [...new Set(names)].join(", ").slice(0, 200);
}
