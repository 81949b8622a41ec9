/** GetLogEvents of the stand-in: the logs of its builds, with CloudWatch's tokens. The stream exists once a build is provisioned. */
import type { DoubleBuild } from './double-build.js';
import { DoubleRefusal, type Operations } from './double-protocol.js';

const EVENTS_A_PAGE = 10_000;

/** `eventsAPage` makes pages small for a test. */
export const doubleLogs = (builds: () => Iterable<DoubleBuild>, eventsAPage = EVENTS_A_PAGE): Operations => ({
  GetLogEvents: (input) => {
    const build = [...builds()].find(
      ({ logGroup, logStream }) => logGroup === input['logGroupName'] && logStream === input['logStreamName'],
    );
    if (build === undefined || !build.logsToCloudWatch || !build.hasReached('PROVISIONING'))
      throw new DoubleRefusal('ResourceNotFoundException', 'The specified log stream does not exist.');
    const all = build.logEvents();
    const token = typeof input['nextToken'] === 'string' ? input['nextToken'] : null;
    if (token !== null && !/^[fb]\/\d+$/.test(token))
      throw new DoubleRefusal('InvalidParameterException', 'The specified nextToken is invalid.');
    const from = token === null ? 0 : Number(token.slice(2));
    const size = Math.min(typeof input['limit'] === 'number' ? input['limit'] : eventsAPage, eventsAPage);
    const events = all.slice(from, from + size);
    return {
      events: events.map((event) => ({ ...event, ingestionTime: event.timestamp })),
      nextForwardToken: `f/${from + events.length}`,
      nextBackwardToken: `b/${from}`,
    };
  },
});
