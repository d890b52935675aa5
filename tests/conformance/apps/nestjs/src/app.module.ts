import { Controller, Get, Module } from '@nestjs/common';
import { ProbesController } from './probes.controller';

@Controller()
class AppController {
  @Get()
  hello() {
    return { hello: 'world' };
  }
}

@Module({ controllers: [AppController, ProbesController] })
export class AppModule {}
