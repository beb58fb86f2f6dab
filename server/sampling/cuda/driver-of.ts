// The driver of each device, opened once in a process: that takes half a second.

import { CudaDriver } from './cuda-driver.ts';

const opened = new Map<number, CudaDriver>();

/** Throws an EnvironmentError for what the device lacks. */
export function driverOf(deviceId: number): CudaDriver {
  let driver = opened.get(deviceId);
  if (driver === undefined) {
    driver = new CudaDriver(deviceId);
    opened.set(deviceId, driver);
  }
  return driver;
}
