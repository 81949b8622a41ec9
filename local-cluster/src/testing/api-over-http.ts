/** The API server of a cluster in memory, over HTTP, without controllers; ended with the test. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { request } from 'undici';
import { createApiServer } from '../api/api-server.js';
import { openClusterState, type ClusterState } from '../api/cluster-state.js';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}
export interface ApiOverHttp {
  readonly state: ClusterState;
  readonly send: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
}

export async function apiOverHttp(): Promise<ApiOverHttp> {
  const problems: unknown[] = [];
  const onError = (what: string, error: unknown): void => void problems.push(what, error);
  const state = openClusterState({ onError });
  const stopping = new AbortController();
  const server = createServer(
    createApiServer({ registry: state.registry, access: state.access, hooks: {}, onError, stopping: stopping.signal }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    stopping.abort();
    server.closeAllConnections();
    server.close();
    state.stop();
    if (problems.length > 0) throw new AggregateError(problems, 'the API server reported problems');
  });
  const base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    state,
    send: async (method, path, body, headers = {}) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const response = await request(`${base}${path}`, {
        method: method as 'GET',
        headers: { 'content-type': type, ...headers },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.body.text();
      const isJson = String(response.headers['content-type']).includes('json');
      return { status: response.statusCode, body: isJson ? (JSON.parse(text) as Answer['body']) : { text } };
    },
  };
}
