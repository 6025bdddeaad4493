import { Controller, Get, Header, HttpCode, ServiceUnavailableException } from '@nestjs/common';
import { Public } from '../access/requires.js';
import { Readiness } from './readiness.js';

@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** Whether the process runs; says nothing about what it depends on, or a slow database would get it restarted. */
  @Public()
  @Get('live')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  live(): { status: string } {
    return { status: 'live' };
  }

  /** Whether it should be given work. */
  @Public()
  @Get('ready')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async ready(): Promise<{ status: string }> {
    if ((await this.readiness.state()) !== 'ready') throw new ServiceUnavailableException();
    return { status: 'ready' };
  }
}
