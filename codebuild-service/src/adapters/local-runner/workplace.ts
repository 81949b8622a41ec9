/** Where one build runs: on this machine, or in a container of its own. All paths are as the build sees them. */
import type { Readable, Writable } from 'node:stream';

export interface ShellProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once it is gone and its output is read: 128 + n where signal n ended it. Never rejects. */
  readonly ended: Promise<number>;
}
export interface ShellRequest {
  /** `/bin/sh` or `bash`. */
  readonly shell: string;
  /** Null: as the place runs by itself. */
  readonly user: string | null;
  readonly env: Readonly<Record<string, string>>;
}
export interface PlaceFile {
  /** Relative to the folder that was walked; empty where that is a file itself. */
  readonly path: string;
  readonly type: 'file' | 'symlink';
  readonly size: number;
  readonly mode: number;
  /** Of a link: as it stands in it. */
  readonly linkTarget: string | undefined;
  /** Only until the next file is asked for. */
  open(): Readable;
}
export interface Workplace {
  readonly runtime: 'host' | 'container';
  /** What was asked for and could not be had; null: the build's own image, or none at all. */
  readonly imageSubstituted: string | null;
  readonly folders: {
    readonly source: string;
    readonly home: string;
    readonly temporary: string;
  };
  /** What the place adds to a build's environment: PATH and the like. */
  readonly env: Readonly<Record<string, string>>;
  openShell(request: ShellRequest): Promise<ShellProcess>;
  /** Unpacks into a folder, which is made. */
  put(folder: string, tar: Readable, signal: AbortSignal): Promise<void>;
  /** Files and links below a folder, or the one file that it is, in no promised order; none where it is missing. */
  files(folder: string, signal: AbortSignal): AsyncIterable<PlaceFile>;
  /** The source lies there now, and in this folder of this machine as well. */
  sourceReady?(folder: string, signal: AbortSignal): Promise<void>;
  /** What is known of the image that the build made, as variables. */
  imageFacts?(exported: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>>;
  /** Ends everything that runs there, and takes the place away. Harmless a second time. */
  close(): Promise<void>;
}
