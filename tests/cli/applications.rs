//! The smallest applications of NestJS and FastAPI, file by file.

pub const PACKAGE: &str = "\
{
  \"name\": \"shop\",
  \"dependencies\": {
    \"@nestjs/common\": \"^11.0.1\",
    \"@nestjs/core\": \"^11.0.1\"
  },
  \"devDependencies\": {}
}
";

pub const MAIN: &str = "\
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(3000);
}
void bootstrap();
";

pub const MODULE: &str = "\
import { Module } from '@nestjs/common';

@Module({})
export class AppModule {}
";

pub const PYPROJECT: &str = "\
[project]
name = \"shop\"
version = \"0.1.0\"
requires-python = \">=3.10\"
dependencies = [\"fastapi>=0.115\"]
";

pub const APP: &str = "\
from fastapi import FastAPI

app = FastAPI()
";
