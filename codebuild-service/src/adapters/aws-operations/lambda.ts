/** Lambda: functions. */
import * as declared from '../../aws-operations/catalogue/lambda.js';
import { carriedOut } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-lambda');

export const lambdaCalls = [
  carriedOut(declared.listFunctions, async (call) => {
    const { ListFunctionsCommand } = await sdk();
    const from = await call.send('lambda', (lambda, options) =>
      lambda.send(new ListFunctionsCommand({ MaxItems: call.pageSize(1, 50), Marker: call.token }), options),
    );
    const rows = (from.Functions ?? []).map((one) => ({
      function_name: one.FunctionName,
      runtime: one.Runtime ?? one.PackageType,
      handler: one.Handler,
      memory_mib: one.MemorySize,
      timeout_seconds: one.Timeout,
      code_bytes: one.CodeSize,
      modified_at: one.LastModified,
    }));
    return { rows, next: from.NextMarker, from };
  }),
  carriedOut(declared.getFunctionConfiguration, async (call, { function_name }) => {
    const { GetFunctionConfigurationCommand } = await sdk();
    const from = await call.send('lambda', (lambda, options) =>
      lambda.send(new GetFunctionConfigurationCommand({ FunctionName: function_name }), options),
    );
    const row = {
      function_name: from.FunctionName,
      state: from.State,
      runtime: from.Runtime ?? from.PackageType,
      handler: from.Handler,
      memory_mib: from.MemorySize,
      timeout_seconds: from.Timeout,
      role_arn: from.Role,
      architecture: from.Architectures?.[0],
      variables: Object.keys(from.Environment?.Variables ?? {}).sort(), // the names alone: values are secrets more often than not
      last_update: from.LastUpdateStatus,
      modified_at: from.LastModified,
    };
    return { rows: [row], from };
  }),
  carriedOut(
    declared.invoke,
    async (call, { function_name, payload }) => {
      const { InvokeCommand } = await sdk();
      const from = await call.send('lambda', (lambda, options) =>
        lambda.send(
          new InvokeCommand({ FunctionName: function_name, Payload: Buffer.from(JSON.stringify(payload)) }),
          options,
        ),
      );
      const row = {
        status_code: from.StatusCode,
        failed: from.FunctionError ?? null,
        answer: answerOf(Buffer.from(from.Payload ?? []).toString('utf8')),
        version: from.ExecutedVersion,
      };
      return { rows: [row], from };
    },
    { once: true },
  ),
  carriedOut(declared.updateFunctionConfiguration, async (call, { function_name, memory_size, timeout }) => {
    const { UpdateFunctionConfigurationCommand } = await sdk();
    const from = await call.send('lambda', (lambda, options) =>
      lambda.send(
        new UpdateFunctionConfigurationCommand({
          FunctionName: function_name,
          MemorySize: memory_size,
          Timeout: timeout,
        }),
        options,
      ),
    );
    const row = {
      function_name: from.FunctionName,
      memory_mib: from.MemorySize,
      timeout_seconds: from.Timeout,
      last_update: from.LastUpdateStatus,
    };
    return { rows: [row], from };
  }),
];

/** As JSON where it is JSON, which a function's answer usually is. */
function answerOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
