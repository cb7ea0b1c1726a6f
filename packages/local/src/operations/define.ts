import type { Operation, OperationContext } from "./operation.ts";
import type { InputOf, Members } from "./shape.ts";
import { validator } from "./validate.ts";

/** An operation from the shape of its input and what it does with an input of that shape. */
export function define<const M extends Members>(
  members: M,
  run: (input: InputOf<M>, context: OperationContext) => object,
): Operation {
  const validate = validator(members);
  return (input, context) => {
    validate(input);
    context.model.advance(context);
    return run(input as InputOf<M>, context);
  };
}
