import { Module } from '@nestjs/common';
import { GraphiqlController } from './graphiql.controller.js';

/** The files of the GraphiQL page, for the sandbox. */
@Module({ controllers: [GraphiqlController] })
export class GraphiqlModule {}
