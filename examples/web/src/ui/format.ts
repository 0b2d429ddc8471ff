// Dates and times for people: in the language of the page, and in the time zone of the reader.

const LANGUAGE = "en-GB";

const day = new Intl.DateTimeFormat(LANGUAGE, { weekday: "long", day: "numeric", month: "long" });
const dayOfYear = new Intl.DateTimeFormat(LANGUAGE, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const shortDay = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short" });
const time = new Intl.DateTimeFormat(LANGUAGE, { hour: "2-digit", minute: "2-digit" });

/** "Tuesday 17 November", with the year unless it is the current one. */
export function formatDay(dateTime: string): string {
  const date = new Date(dateTime);
  return (date.getFullYear() === new Date().getFullYear() ? day : dayOfYear).format(date);
}

/** "17 Nov", for a date without a time. */
export function formatDate(date: string): string {
  return shortDay.format(new Date(`${date}T00:00`));
}

export function formatTime(dateTime: string): string {
  return time.format(new Date(dateTime));
}

/** "09:15 – 09:30", or only when it starts. */
export function formatTimes(start: string, end: string | null | undefined): string {
  return end ? `${formatTime(start)} – ${formatTime(end)}` : formatTime(start);
}

/** How far into a recording something is: "2:05" or "1:02:05". */
export function formatOffset(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${padded(m)}:${padded(s)}` : `${m}:${padded(s)}`;
}

function padded(value: number): string {
  return String(value).padStart(2, "0");
}

export function formatPercent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** "1 task", "3 tasks". */
export function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : `${noun}s`}`;
}

/** "IN_PROGRESS" as "In progress". */
export function formatEnum(value: string): string {
  const words = value.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
