/**
 * Ends this process whatever its threads do. `process.exit` waits for those that are in a call of the system: one that asks a
 * name server which does not answer holds it up for half a minute, one that opens a file on storage which is away for ever.
 * Where threads do not come back, the program is replaced by one that does nothing but end: that ends them at once, also in the
 * first process of a container, which no signal of its own reaches.
 */

/** Writes under way come to their end within this, in milliseconds. */
const MOMENT_MS = 300;
const LOOK_MS = 10;
/** What of the work of threads may last as long as somebody else pleases: name servers and file systems. */
const OF_THREADS = /^(?:GetAddrInfo|GetNameInfo|FS)Req/;

/** To be called when everything is closed and flushed; nothing of this program runs any more shortly after. */
export function endProcess(code: number): void {
  const limit = performance.now() + MOMENT_MS;
  const look = (): void => {
    const waits = process.getActiveResourcesInfo().some((name) => OF_THREADS.test(name));
    if (!waits) process.exit(code);
    if (performance.now() < limit) setTimeout(look, LOOK_MS);
    else replaceProgram(code);
  };
  look();
}

/** Node before 22.15 cannot: there the exit waits. */
function replaceProgram(code: number): void {
  process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${String(code)})`], {});
  process.exit(code);
}
