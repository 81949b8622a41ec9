/** Cuts what a shell prints into lines, and finds the marks between them by which the shell tells how commands ended. */
import { stripVTControlCharacters } from 'node:util';

const LONGEST_LINE = 64 * 1024;
/** Frames a mark; nothing prints it by chance next to the token. */
const MARK = '\u0001';

export class ShellOutput {
  private readonly decoder = new TextDecoder();
  private readonly prefix: string;
  private rest = '';

  /** `token` is unguessable, so a build cannot forge a mark by accident. */
  constructor(
    private readonly token: string,
    private readonly onLine: (text: string) => void,
    private readonly onMark: (text: string) => void,
  ) {
    this.prefix = `${MARK}${token}:`;
  }

  add(chunk: Buffer): void {
    this.rest += this.decoder.decode(chunk, { stream: true });
    for (;;) {
      const newline = this.rest.indexOf('\n');
      const mark = this.rest.indexOf(this.prefix);
      if (mark !== -1 && (newline === -1 || mark < newline)) {
        const end = this.rest.indexOf(MARK, mark + this.prefix.length);
        if (end === -1) return; // its other half is on the way
        if (mark > 0) this.line(this.rest.slice(0, mark));
        const text = this.rest.slice(mark + this.prefix.length, end);
        this.rest = this.rest.slice(end + 1);
        this.onMark(text);
      } else if (newline !== -1) {
        this.line(this.rest.slice(0, newline));
        this.rest = this.rest.slice(newline + 1);
      } else break;
    }
    if (this.rest.length > LONGEST_LINE && !this.rest.includes(MARK)) this.end();
  }

  /** What has no line feed behind it. */
  end(): void {
    if (this.rest !== '') this.line(this.rest);
    this.rest = '';
  }

  private line(text: string): void {
    // `set -x` shows our own printing as well.
    if (text.includes(this.token) || /^\++ AWS_DEPLOYER_STATUS=/.test(text)) return;
    const shown = stripVTControlCharacters(text).replace(/\r+$/, '');
    // Progress bars write over themselves: their last state counts.
    this.onLine(shown.slice(shown.lastIndexOf('\r') + 1));
  }
}
