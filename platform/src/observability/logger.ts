import winston from 'winston';
import { mask, type Masker } from '../masking/mask.js';

/** What services log through. Levels: error pages someone, warn wants a look, info is the course of things, debug is for us. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface LoggerOptions {
  readonly service: string;
  readonly level?: string;
  /** Append to this file instead of standard output: `npm start` keeps the terminal for people. */
  readonly file?: string;
  readonly masker?: Masker;
}

/** winston prints an Error among the fields as `{}`: spell out what a reader needs, cause included. */
export function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack } = error;
  return {
    name,
    message,
    ...('code' in error ? { code: error.code } : {}),
    stack,
    ...(error.cause === undefined ? {} : { cause: errorFields(error.cause) }),
  };
}

/** JSON lines, UTC, masked: whatever looks like a secret never reaches the file. */
export function createLogger({ service, level = 'info', file, masker }: LoggerOptions): Logger {
  const scrub = winston.format((info) => {
    for (const [key, value] of Object.entries(info)) if (value instanceof Error) info[key] = errorFields(value);
    return mask(info, masker) as winston.Logform.TransformableInfo;
  });
  return winston.createLogger({
    level,
    defaultMeta: { service },
    format: winston.format.combine(scrub(), winston.format.timestamp(), winston.format.json()),
    transports: [
      file === undefined
        ? new winston.transports.Console()
        : new winston.transports.File({ filename: file, maxsize: 20_000_000, maxFiles: 5, tailable: true }),
    ],
  });
}

/** Says nothing: for tests and one-off tools. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
