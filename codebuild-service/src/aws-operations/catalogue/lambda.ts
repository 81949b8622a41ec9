/** Lambda: functions. Values of their variables are never shown: they hold secrets more often than not. */
import { z } from 'zod';
import { page } from '../console-link.js';
import { operation } from '../operation.js';
import { FunctionName } from '../parameters.js';

const functionPage = ({ parameters: { function_name } }: { parameters: { function_name: string } }) =>
  page(`lambda/home#/functions/${function_name.split(':').at(-1) ?? function_name}`);
const LONGEST_PAYLOAD = 200_000;

export const listFunctions = operation({
  name: 'lambda.list_functions',
  title: 'List Lambda functions',
  description: 'Functions with runtime, memory, time limit and size.',
  effect: 'read',
  parameters: z.strictObject({}),
  permissions: ['lambda:ListFunctions'],
  columns: ['function_name', 'runtime', 'handler', 'memory_mib', 'timeout_seconds', 'code_bytes', 'modified_at'],
  paged: true,
  console: () => page('lambda/home#/functions'),
  phrases: ['list lambda functions', 'show functions', 'which lambdas are there', 'all serverless functions'],
});
export const getFunctionConfiguration = operation({
  name: 'lambda.get_function_configuration',
  title: 'Describe a Lambda function',
  description: 'Settings and state of one function; of its variables the names only.',
  effect: 'read',
  parameters: z.strictObject({ function_name: FunctionName }),
  permissions: ['lambda:GetFunctionConfiguration'],
  columns: [
    'function_name',
    'state',
    'runtime',
    'handler',
    'memory_mib',
    'timeout_seconds',
    'role_arn',
    'architecture',
    'variables',
    'last_update',
    'modified_at',
  ],
  paged: false,
  console: functionPage,
  phrases: [
    'describe lambda function',
    'configuration of the function',
    'memory and timeout of lambda',
    'details of function',
    'state of function',
  ],
});
export const invoke = operation({
  name: 'lambda.invoke',
  title: 'Invoke a Lambda function',
  description: 'Calls a function with a JSON payload and waits for its answer. What it does is up to the function.',
  effect: 'change',
  parameters: z.strictObject({
    function_name: FunctionName,
    payload: z
      .json()
      .default({})
      .refine(
        (payload) => JSON.stringify(payload).length <= LONGEST_PAYLOAD,
        `must be at most ${LONGEST_PAYLOAD} characters of JSON`,
      ),
  }),
  permissions: ['lambda:InvokeFunction'],
  columns: ['status_code', 'failed', 'answer', 'version'],
  paged: false,
  console: functionPage,
  phrases: ['invoke lambda function', 'run the function', 'call lambda', 'execute function', 'trigger the lambda'],
  summary: ({ function_name, payload }) =>
    `Invoke the function ${function_name} with ${JSON.stringify(payload).length} characters of payload`,
  unrecorded: ['payload'],
});
export const updateFunctionConfiguration = operation({
  name: 'lambda.update_function_configuration',
  title: 'Change memory or time limit of a Lambda function',
  description: 'Sets the memory, which also sets the share of a processor, or the time limit of a function.',
  effect: 'change',
  parameters: z
    .strictObject({
      function_name: FunctionName,
      memory_size: z.number().int().min(128).max(10_240).optional().describe('MiB'),
      timeout: z.number().int().min(1).max(900).optional().describe('Seconds'),
    })
    .superRefine(({ memory_size, timeout }, context) => {
      if (memory_size === undefined && timeout === undefined)
        context.addIssue({
          code: 'custom',
          path: ['memory_size'],
          message: 'or timeout must be given',
          params: { mend: 'give memory_size in MiB, or timeout in seconds, or both' },
        });
    }),
  permissions: ['lambda:UpdateFunctionConfiguration'],
  columns: ['function_name', 'memory_mib', 'timeout_seconds', 'last_update'],
  paged: false,
  console: functionPage,
  phrases: [
    'set memory of lambda function',
    'change timeout of function',
    'update lambda configuration',
    'increase memory of function',
    'increase the timeout of function',
    'decrease memory or timeout',
  ],
  summary: ({ function_name, memory_size, timeout }) =>
    `Give the function ${function_name} ` +
    [
      memory_size === undefined ? [] : `${memory_size} MiB of memory`,
      timeout === undefined ? [] : `a time limit of ${timeout} s`,
    ]
      .flat()
      .join(' and '),
});

export const lambdaOperations = [listFunctions, getFunctionConfiguration, invoke, updateFunctionConfiguration];
