<?php

namespace App\Http;

use Illuminate\Support\Facades\DB;
use PDO;

class HealthController
{
    public function show()
    {
        DB::select('select 1');

        return 'healthy '.getmypid().' '.config('app.greeting');
    }

    /** Persistent connections, each under another name: the worker keeps every one. */
    public function leak()
    {
        $of = config('database.connections.mysql');
        for ($at = 1; $at <= 12; $at++) {
            $dsn = "mysql:host={$of['host']};port={$of['port']};dbname={$of['database']};leak=".$at;
            new PDO($dsn, $of['username'], $of['password'], [PDO::ATTR_PERSISTENT => true]);
        }

        return 'leaked';
    }
}
