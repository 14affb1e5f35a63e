<?php

namespace App\Http;

use Illuminate\Support\Facades\DB;

class HealthController
{
    public function show()
    {
        DB::select('select 1');

        return 'healthy '.getmypid().' '.config('app.greeting');
    }
}
