import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { columnTypes, createTable } from '../database/columns.js';
import { inTransaction } from '../database/open-database.js';
import { AppError } from '../errors/app-error.js';
import { defineRoute } from '../http/define-route.js';
import { bytesOf } from '../http/raw-bytes.js';
import { recordAction } from '../outbox/outbox.js';
import { testDatabases } from '../testing/test-database.js';
import { startTestService, type TestService } from '../testing/test-service.js';
import { serviceModule, type PlatformSchema } from './service.js';

/** A service of a few routes, to hold the rules that all services get from the platform. */
interface NotesSchema extends PlatformSchema {
  notes: { id: string; text: string };
}
const notes = serviceModule<NotesSchema, z.ZodType>({
  name: 'history',
  config: z.object({}),
  migrations: {
    '0001-notes': {
      up: async (db, kind) => {
        await createTable(db, kind, 'notes')
          .addColumn('id', columnTypes(kind).id, (col) => col.primaryKey())
          .addColumn('text', columnTypes(kind).text)
          .execute();
      },
    },
  },
  create: (_config, { database, stopping }) => ({
    routes: [
      defineRoute({
        method: 'post',
        path: '/api/v1/notes',
        operationId: 'createNote',
        summary: 'Keep a note',
        access: 'deployment:create',
        action: { type: 'note.create', targetType: 'note' },
        body: z.strictObject({ id: z.string().min(1), text: z.string(), docker_token: z.string().optional() }),
        bodyLimit: 2_000,
        responses: { 201: z.object({ id: z.string() }) },
        handler: async ({ body, origin }) => {
          await inTransaction(database, async (trx) => {
            await trx.insertInto('notes').values({ id: body.id, text: body.text }).execute();
            await recordAction(trx, origin, {
              type: 'note.create',
              targetType: 'note',
              target: body.id,
              request: body,
            });
            if (body.text === 'explode')
              throw new AppError('conflict', 'exploded', 'After the record, before the commit');
          });
          return { status: 201, body: { id: body.id } };
        },
      }),
      defineRoute({
        method: 'post',
        path: '/api/v1/notes/:id/cancel',
        operationId: 'cancelNote',
        summary: 'Changes nothing',
        access: 'deployment:cancel',
        action: { type: 'note.cancel', targetType: 'note' },
        responses: { 200: null },
        handler: async () => ({ status: 200 }),
      }),
      defineRoute({
        method: 'put',
        path: '/api/v1/notes/:id/file',
        operationId: 'putNoteFile',
        summary: 'Bytes in, the same bytes out',
        access: 'deployment:create',
        rawBody: true,
        bodyLimit: 1_000,
        responses: { 200: 'text' },
        handler: async ({ raw }) => {
          const bytes = await bytesOf(raw);
          return {
            download: Readable.from([bytes]),
            type: 'application/octet-stream',
            fileName: 'note.bin',
            size: bytes.length,
          };
        },
      }),
      defineRoute({
        method: 'get',
        path: '/api/v1/notes/stream',
        operationId: 'streamNotes',
        summary: 'Live',
        access: 'public',
        responses: { 200: 'sse' },
        handler: async () => ({
          stream: async (events, last) => {
            await events.send('note', { after: last ?? null }, 7);
            await new Promise((resolve) => stopping.addEventListener('abort', resolve, { once: true }));
          },
        }),
      }),
    ],
  }),
});

describe.each(testDatabases())('a service on $kind', (kind) => {
  let service: TestService<NotesSchema>;
  const rows = async () =>
    (await service.test.database.db.selectFrom('outbox').select('record').orderBy('seq').execute()).map(
      ({ record }) => JSON.parse(record) as Record<string, unknown>,
    );
  beforeAll(async () => {
    service = await startTestService<NotesSchema>(notes, kind);
  });
  afterAll(() => service.stop());

  test('a change and its action are one; secrets in the request are masked', async () => {
    const answer = await service.send(
      'POST',
      '/api/v1/notes',
      { id: 'a', text: 'x', docker_token: 'hush-hush' },
      { as: 'developer' },
    );
    expect(answer.status).toBe(201);
    const record = (await rows()).find(({ target }) => target === 'a');
    expect(record).toMatchObject({
      action_type: 'note.create',
      user_id: 'developer',
      outcome: 'succeeded',
      endpoint: 'POST /api/v1/notes',
      ip_address: '127.0.0.1',
    });
    expect(JSON.stringify(record)).not.toContain('hush-hush');
  });

  test('a change that fails leaves no success behind, but a failure on the log', async () => {
    const answer = await service.send('POST', '/api/v1/notes', { id: 'b', text: 'explode' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'exploded', type: '/problems/exploded' } });
    expect(await service.test.database.db.selectFrom('notes').selectAll().where('id', '=', 'b').execute()).toEqual([]);
    expect(
      (await rows()).filter(({ summary, response_summary: said }) => String(said ?? summary).includes('exploded')),
    ).toMatchObject([{ outcome: 'failed', action_type: 'note.create' }]);
  });

  test('a request that found nothing to change is on the log as well', async () => {
    await service.send('POST', '/api/v1/notes/n-1/cancel');
    expect((await rows()).filter(({ action_type: type }) => type === 'note.cancel')).toMatchObject([
      { target: 'n-1', outcome: 'succeeded', response_summary: 'nothing to change' },
    ]);
  });

  test('bytes come in and go out as they are, up to the limit', async () => {
    const put = (body: Buffer) =>
      request(new URL('/api/v1/notes/a/file', service.url), {
        method: 'PUT',
        headers: { authorization: 'Bearer developer', 'content-type': 'application/x-tar' },
        body,
      });
    const bytes = Buffer.from([0, 255, 128, 10, 13, 0]);
    const answer = await put(bytes);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '6',
      'content-disposition': 'attachment; filename=note.bin',
    });
    expect(Buffer.from(await answer.body.arrayBuffer())).toEqual(bytes);
    for (const size of [1_001, 3_000_000]) {
      const tooMuch = await put(Buffer.alloc(size));
      expect([tooMuch.statusCode, await tooMuch.body.json()]).toMatchObject([413, { code: 'body_too_large' }]);
    }
    expect((await put(bytes)).statusCode).toBe(200); // nothing of them is in its way
  });

  test('bad input names each field and the mend', async () => {
    const answer = await service.send('POST', '/api/v1/notes', { id: '', txt: 1 });
    expect(answer.status).toBe(400);
    const errors = answer.body.errors as { field: string; message: string; mend: string }[];
    expect(errors.map(({ field }) => field).sort()).toEqual(['id', 'text', 'txt']);
    expect(errors.every(({ mend }) => mend.length > 5)).toBe(true);
  });

  test.each([
    ['{"id":', { 'content-type': 'application/json' }, 400, 'malformed_json'],
    [
      JSON.stringify({ id: 'c', text: 'y'.repeat(3000) }),
      { 'content-type': 'application/json' },
      413,
      'body_too_large',
    ],
    ['id=c', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'json_expected'],
  ])('a body that is %s gets its problem', async (body, headers, status, code) => {
    const answer = await service.send('POST', '/api/v1/notes', body, { headers });
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  test('nobody gets in without a principal, nor past the permissions of one; a hammering address is one row a minute', async () => {
    expect(await service.send('POST', '/api/v1/notes', { id: 'd', text: '' }, { as: null })).toMatchObject({
      status: 401,
      body: { code: 'login_required' },
    });
    for (let i = 0; i < 5; i += 1)
      expect(await service.send('POST', '/api/v1/notes', { id: 'd', text: '' }, { as: 'viewer' })).toMatchObject({
        status: 403,
        body: { code: 'not_permitted' },
      });
    expect(
      (await rows()).filter(({ outcome, user_id: user }) => outcome === 'denied' && user === 'viewer'),
    ).toHaveLength(1);
  });

  test('a secret in a field of another name does not get on the log', async () => {
    const body = { id: 'h', text: '', tokn: 'hush-hush-hush' };
    expect(await service.send('POST', '/api/v1/notes', body)).toMatchObject({ status: 400 });
    expect(JSON.stringify(await rows())).not.toContain('hush-hush-hush');
  });

  test('the same Idempotency-Key gets the same answer once; another body is a conflict', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const first = await service.send('POST', '/api/v1/notes', { id: 'e', text: '1' }, { headers });
    const again = await service.send('POST', '/api/v1/notes', { id: 'e', text: '1' }, { headers });
    expect([first.status, again.status, again.headers['idempotency-replayed']]).toEqual([201, 201, 'true']);
    expect(await service.send('POST', '/api/v1/notes', { id: 'e', text: '2' }, { headers })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_key_reused' },
    });
    expect(
      await service.send('POST', '/api/v1/notes', { id: 'a', text: 'x' }, { headers: { 'idempotency-key': 'k-2' } }),
    ).toMatchObject({ status: 500 });
    await sql`delete from notes where id = 'a'`.execute(service.test.database.db);
    expect(
      await service.send('POST', '/api/v1/notes', { id: 'a', text: 'x' }, { headers: { 'idempotency-key': 'k-2' } }),
    ).toMatchObject({ status: 201 });
  });

  test('a stream begins with the place the client had', async () => {
    const response = await request(`${service.url}/api/v1/notes/stream`, { headers: { 'last-event-id': '6' } });
    expect(response.headers['content-type']).toContain('text/event-stream');
    let text = '';
    for await (const chunk of response.body) {
      text += String(chunk);
      if (text.includes('data:')) break;
    }
    expect(text).toContain('id: 7\nevent: note\ndata: {"after":"6"}');
  });

  test('health, metrics, OpenAPI and the reference page are there', async () => {
    expect(await service.send('GET', '/health', undefined, { as: null })).toMatchObject({
      status: 200,
      body: { status: 'up', services: { history: { status: 'up' } } },
    });
    const metrics = await service.send('GET', '/metrics', undefined, { as: null });
    expect(metrics.body).toContain(
      'http_request_duration_seconds_count{service="history",method="POST",route="/api/v1/notes",status="201"}',
    );
    const document = await service.send('GET', '/api/v1/history/openapi.json', undefined, { as: null });
    expect(document.body).toMatchObject({
      openapi: '3.1.0',
      paths: { '/api/v1/notes': { post: { operationId: 'createNote' } } },
    });
    expect((await service.send('GET', '/api/docs', undefined, { as: null })).body).toContain('swagger-ui');
    expect(await service.send('GET', '/nowhere', undefined, { as: null })).toMatchObject({
      status: 404,
      body: { code: 'no_such_path' },
    });
    expect(await service.send('DELETE', '/api/v1/notes', undefined, { as: null })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: { code: 'wrong_method' },
    });
  });
});
