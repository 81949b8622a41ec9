/**
 * Cursors of results: AWS's own token of a page and how many of its rows were shown, sealed, and bound to the order, so that
 * a cursor can neither be read nor be sent with another order.
 */
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { z } from 'zod';
import { hashOf, textOf, type Order } from './order.js';

const Position = z.object({ token: z.string().nullable(), skip: z.number().int().min(0) });
export type Position = z.infer<typeof Position>;
export const START: Position = { token: null, skip: 0 };

const placeOf = (order: Order): string => `aws-page/${hashOf(textOf(order))}`;
export const sealCursor = (box: SecretBox, order: Order, position: Position): string =>
  Buffer.from(box.seal(JSON.stringify(position), placeOf(order))).toString('base64url');

/** Throws invalid/`bad_cursor` on `cursor`. */
export function openCursor(box: SecretBox, order: Order, cursor: string): Position {
  const sealed = Buffer.from(cursor, 'base64url').toString('utf8');
  try {
    return Position.parse(JSON.parse(box.open(sealed, placeOf(order))));
  } catch (cause) {
    if (cause instanceof AppError && cause.code !== 'secret_unreadable') throw cause;
    throw Object.assign(
      invalidField(
        'cursor',
        'is not a cursor of this result',
        'send next_cursor of the page before unchanged, with the same operation, account, region and parameters',
        'bad_cursor',
      ),
      { cause },
    );
  }
}
