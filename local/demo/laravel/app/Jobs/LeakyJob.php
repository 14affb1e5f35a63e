<?php

namespace App\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Support\Facades\DB;
use PDO;

/** Opens a connection of its own and keeps it for as long as the worker lives: DB::disconnect() knows nothing of it. */
class LeakyJob implements ShouldQueue
{
    use Dispatchable, Queueable;

    private static $held = [];

    private $seconds;

    public function __construct(float $seconds)
    {
        $this->seconds = $seconds;
    }

    public function handle()
    {
        $of = config('database.connections.mysql');
        $dsn = "mysql:host={$of['host']};port={$of['port']};dbname={$of['database']}";
        self::$held[] = new PDO($dsn, $of['username'], $of['password'], [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
        DB::table('ran')->insert(['kind' => 'leaky', 'pid' => getmypid(), 'ended' => 1]);
        usleep((int) ($this->seconds * 1000000));
    }
}
