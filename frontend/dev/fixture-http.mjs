/** How the fixtures answer: JSON, problems, pages, streams. */
import { pagesOf } from './fixture-data.mjs';

export const json = (response, status, body, headers = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
};
export const problem = (response, status, code, detail, errors = [], headers = {}) =>
  json(
    response,
    status,
    { type: `/problems/${code}`, title: code, status, detail, code, request_id: 'req-fixture', errors },
    headers,
  );

export function stream(request, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.write('retry: 2000\n\n');
  const last = Number(request.headers['last-event-id'] ?? 0);
  const send = (event, data, id) => response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  return { last, send };
}

export const list = (pick) => (context) => {
  const { url, response } = context;
  const items = url.searchParams.get('q') === 'none' ? [] : pick(context);
  return json(response, 200, pagesOf(items, url.searchParams));
};
export const removal = ({ response }) => json(response, 204, undefined);
export const matching = (items, params, keys) =>
  items.filter((item) => keys.every((key) => !params.get(key) || String(item[key]) === params.get(key)));
