/**
 * A process in which people act, in the place of the API: what it reads on its standard input it does, all at once, by
 * the actions of the API. It ends when it is killed.
 */
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { loadConfig } from '#config';
import { NestFactory } from '@nestjs/core';
import { createLog } from '../../apps/process/src/log.js';
import { WorkerModule } from '../../apps/worker/src/worker.module.js';
import { doAct, type PersonsAct } from './persons-acts.js';

const config = loadConfig();
const module = WorkerModule.of(config, createLog(config.logLevel));
const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
process.stdout.write(`${JSON.stringify({ level: 30, msg: 'acting' })}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  void doAct(context, JSON.parse(line) as PersonsAct);
});
