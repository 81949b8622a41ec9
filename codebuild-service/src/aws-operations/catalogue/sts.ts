/** STS: as whom AWS sees us. */
import { z } from 'zod';
import { globalPage } from '../console-link.js';
import { operation } from '../operation.js';

export const getCallerIdentity = operation({
  name: 'sts.get_caller_identity',
  title: 'Who am I at AWS',
  description: 'The account and the user or role that requests are made as. Needs no permission.',
  effect: 'read',
  parameters: z.strictObject({}),
  permissions: [],
  columns: ['account', 'arn', 'user_id'],
  paged: false,
  console: () => globalPage('iam/home#/home'),
  phrases: [
    'who am i',
    'caller identity',
    'which account is this',
    'account id',
    'identity of the role that i am signed in as',
  ],
});

export const stsOperations = [getCallerIdentity];
