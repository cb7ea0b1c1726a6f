import { invalidArgument } from "../stream-model/errors.ts";
import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { updating } from "./reshard.ts";
import { requireActive, resolveStream } from "./resolve.ts";
import { encryptionType, keyId, streamRef } from "./shapes.ts";

/** Records are marked as encrypted from then on; their bytes are kept as they are. */
export const startStreamEncryption: Operation = define(
  {
    ...streamRef,
    EncryptionType: { ...encryptionType, required: true },
    KeyId: { ...keyId, required: true },
  },
  (input, context) => {
    const stream = resolveStream(input, "StartStreamEncryption", context);
    requireActive(stream);
    requireKms(input.EncryptionType);
    updating(stream, context, () => {
      stream.settings.keyId = input.KeyId;
    });
    return {};
  },
);

/** @throws ServiceError InvalidArgumentException: NONE is an answer, not a request */
export function requireKms(type: string): void {
  if (type !== "KMS")
    throw invalidArgument(`EncryptionType ${type} is not supported; the only valid value is KMS.`);
}
