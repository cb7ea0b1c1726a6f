import { define } from "./define.ts";
import type { Operation } from "./operation.ts";
import { updating } from "./reshard.ts";
import { requireActive, resolveStream } from "./resolve.ts";
import { encryptionType, keyId, streamRef } from "./shapes.ts";
import { requireKms } from "./start-stream-encryption.ts";

export const stopStreamEncryption: Operation = define(
  {
    ...streamRef,
    EncryptionType: { ...encryptionType, required: true },
    KeyId: { ...keyId, required: true },
  },
  (input, context) => {
    const stream = resolveStream(input, "StopStreamEncryption", context);
    requireActive(stream);
    requireKms(input.EncryptionType);
    updating(stream, context, () => {
      stream.settings.keyId = undefined;
    });
    return {};
  },
);
