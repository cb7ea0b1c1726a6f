/** The errors of the service by name, with its wording where it is the same everywhere. */

import { ServiceError } from "./service-error.ts";

export function invalidArgument(message: string): ServiceError {
  return new ServiceError("InvalidArgumentException", message);
}

export function resourceNotFound(message: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message);
}

export function resourceInUse(message: string): ServiceError {
  return new ServiceError("ResourceInUseException", message);
}

export function limitExceeded(message: string): ServiceError {
  return new ServiceError("LimitExceededException", message);
}

export function validation(message: string): ServiceError {
  return new ServiceError("ValidationException", message);
}

export function accessDenied(message: string): ServiceError {
  return new ServiceError("AccessDeniedException", message);
}

export function throughputExceeded(message: string): ServiceError {
  return new ServiceError("ProvisionedThroughputExceededException", message);
}
