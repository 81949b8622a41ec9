/**
 * The events that an engine streams while it builds, pulls or pushes: one JSON object a line. A failure inside the stream
 * is an event like any other (the HTTP answer was 200 long before), so whoever reads has to look for `error`.
 */
export interface EngineEvent {
  readonly stream?: string;
  readonly status?: string;
  readonly progress?: string;
  readonly id?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message?: string };
  readonly aux?: { readonly ID?: string; readonly Digest?: string; readonly Tag?: string };
}

/** Throws what the stream throws; a line that is no JSON is passed on as text. */
export async function* engineEvents(stream: NodeJS.ReadableStream): AsyncGenerator<EngineEvent> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield eventOf(line);
  }
  if (rest.trim() !== '') yield eventOf(rest);
}

function eventOf(line: string): EngineEvent {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { stream: `${line}\n` };
}

/** Cuts streamed text into lines; `end` hands out what has no line feed yet. */
export function lineCutter(onLine: (line: string) => void): { add(text: string): void; end(): void } {
  let rest = '';
  return {
    add(text) {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') onLine(line);
    },
    end() {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
