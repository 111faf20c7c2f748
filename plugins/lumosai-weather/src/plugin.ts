// The plugin "weather": weather.now and weather.forecast, from Open-Meteo or a server that answers as it does.
import { definePlugin, type Host, type Schema } from "lumos";

import { inWords } from "./codes.ts";
import { forecast, found, part, type Settings } from "./service.ts";

const MOST_DAYS = 16;
const NOW = ["temperature_2m", "apparent_temperature", "relative_humidity_2m", "precipitation", "weather_code", "wind_speed_10m", "wind_direction_10m"];
const DAILY = ["weather_code", "temperature_2m_max", "temperature_2m_min", "precipitation_sum", "precipitation_probability_max", "wind_speed_10m_max", "sunrise", "sunset"];

const PLACE: Schema = {
  type: "string",
  minLength: 2,
  maxLength: 200,
  description: "A town, for example 'Lisbon', or 'Springfield, Illinois'.",
};
const MEASURE: Schema = { type: ["number", "null"] };
const WORDS: Schema = { type: "string" };

function object(properties: { [name: string]: Schema }, required = Object.keys(properties)): Schema {
  return { type: "object", required, additionalProperties: false, properties };
}

function units({ units }: Settings) {
  return units === "imperial"
    ? { temperature: "°F", wind: "mph", precipitation: "inch" }
    : { temperature: "°C", wind: "km/h", precipitation: "mm" };
}

function measure(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 40) : "";
}

function now(args: { place: string }, host: Host) {
  const settings = host.config.get() as Settings;
  const place = found(host, settings, args.place);
  const answer = forecast(host, settings, place, { current: NOW.join(",") });
  const current = part(answer, "current", settings.forecast_url);
  return {
    place: place.name,
    time: text(current.time),
    weather: inWords(current.weather_code),
    temperature: measure(current.temperature_2m),
    feels_like: measure(current.apparent_temperature),
    humidity_percent: measure(current.relative_humidity_2m),
    precipitation: measure(current.precipitation),
    wind: measure(current.wind_speed_10m),
    wind_from_degrees: measure(current.wind_direction_10m),
    units: units(settings),
  };
}

function days(args: { place: string; days?: number }, host: Host) {
  const settings = host.config.get() as Settings;
  const place = found(host, settings, args.place);
  const count = Math.min(MOST_DAYS, Math.max(1, args.days ?? 3));
  const answer = forecast(host, settings, place, { daily: DAILY.join(","), forecast_days: count });
  const daily = part(answer, "daily", settings.forecast_url);
  const dates = part(daily, "time", settings.forecast_url);
  const column = (name: string, n: number) => (Array.isArray(daily[name]) ? daily[name][n] : null);
  return {
    place: place.name,
    days: Array.from(dates as unknown[]).slice(0, count).map((date, n) => ({
      date: text(date),
      weather: inWords(column("weather_code", n)),
      highest: measure(column("temperature_2m_max", n)),
      lowest: measure(column("temperature_2m_min", n)),
      precipitation: measure(column("precipitation_sum", n)),
      precipitation_percent: measure(column("precipitation_probability_max", n)),
      strongest_wind: measure(column("wind_speed_10m_max", n)),
      sunrise: text(column("sunrise", n)),
      sunset: text(column("sunset", n)),
    })),
    units: units(settings),
  };
}

const UNITS = object({ temperature: WORDS, wind: WORDS, precipitation: WORDS });

export const plugin = definePlugin({
  tools: {
    "weather.now": {
      description: "Tell the weather in a place as it is now.",
      input: object({ place: PLACE }),
      output: object({
        place: WORDS, time: WORDS, weather: WORDS, temperature: MEASURE, feels_like: MEASURE, humidity_percent: MEASURE,
        precipitation: MEASURE, wind: MEASURE, wind_from_degrees: MEASURE, units: UNITS,
      }),
      call: (args, _context, host) => now(args, host),
    },
    "weather.forecast": {
      description: "Tell the weather in a place for today and the next days.",
      input: object(
        { place: PLACE, days: { type: "integer", minimum: 1, maximum: MOST_DAYS, default: 3, description: "How many days, today included." } },
        ["place"],
      ),
      output: object({
        place: WORDS,
        days: {
          type: "array",
          items: object({
            date: WORDS, weather: WORDS, highest: MEASURE, lowest: MEASURE, precipitation: MEASURE,
            precipitation_percent: MEASURE, strongest_wind: MEASURE, sunrise: WORDS, sunset: WORDS,
          }),
        },
        units: UNITS,
      }),
      call: (args, _context, host) => days(args, host),
    },
  },
});
